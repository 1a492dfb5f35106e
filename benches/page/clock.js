// Lets a visit take place at any time, for whoever asks what time it is; timers keep their pace.
const RealDate = Date

/** From now on it is `at`, in milliseconds since 1970, and time goes on. */
export function setClock(at) {
  const ahead = at - RealDate.now()
  const now = () => RealDate.now() + ahead
  globalThis.Date = class Date extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [now()]))
    }

    static now() {
      return now()
    }
  }
}
