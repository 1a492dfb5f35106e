import table from '../../src/sentences.txt'

/** The values of a message's arguments, by their names. */
export type Arguments = Readonly<Record<string, unknown>>

/** The lines of the table in the crate's `src/sentences.txt`; `src/sentences.rs` says how they are written. */
const lines = table.split('\n')

/** The key of a message that the core knows by its line. */
export function keyOfLine(line: number): string {
  return String(lines[line]?.split(' ', 1))
}

/** The class of error that a message is thrown with. */
export function className(key: string): string {
  const line = lines.findIndex((line) => line.startsWith(`${key} `))
  return lines.slice(0, line).reverse().find((line) => !line.includes(' ')) || 'Error'
}

/** The message of an error. That of one that is not in the table is an argument. */
export function message(key: string, args: Arguments): string {
  const line = lines.find((line) => line.startsWith(`${key} `)) ?? `${key} {message}`
  // All that is not between `<` and `>` is an alternative too, the only one.
  const parts = line.slice(key.length + 1).split(/[<>]/)
  return parts.map((part) => part.split('|').map((text) => substitute(text, args)).find((text) => text !== undefined)).join('')
}

/** For the core, which says it to an official client in another tab. */
export function messageOfLine(line: number, args: string): string {
  return message(keyOfLine(line), JSON.parse(args))
}

/** A text with its arguments; `undefined` if one is missing. */
function substitute(text: string, args: Arguments): string | undefined {
  let isComplete = true
  const substituted = text.replace(/{(\??)(\w+)}/g, (_, isTyped, name) => {
    const value = args[name]
    isComplete &&= value !== undefined
    return isTyped ? visible(value) : String(value)
  })
  return isComplete ? substituted : undefined
}

/** A text with its invisible characters by their numbers, such as `\u{202a}`. */
function visible(text: unknown): string {
  return String(text).replace(/[\p{Cc}\p{DI}\ufff9-\ufffb\u2800]|[^\S ]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** The help: by the topic, else by the code, else by the first word of the code; each for the step, else for any. */
export function help(topic: string, code: string, step: string): string {
  const subjects = [topic, code, String(code.split('_', 1))].flatMap((subject) => [`${subject}@${step}`, subject])
  const texts = subjects.map((subject) => lines.map((line) => line.split(': ')).find(([names]) => names?.split(',').includes(subject)))
  return texts.find((text) => text)?.slice(1).join(': ') ?? ''
}
