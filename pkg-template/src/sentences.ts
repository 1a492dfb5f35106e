import table from '../../src/sentences.txt'

/** The values of a message's arguments, by their names. */
export type Arguments = Readonly<Record<string, unknown>>

/** The lines of the table in the crate's `src/sentences.txt`; `src/sentences.rs` describes its format. */
const lines = table.split('\n')

/** The key of the message on a line of the table: the core refers to messages by line. */
export function keyOfLine(line: number): string {
  return String(lines[line]?.split(' ', 1))
}

/** The class of the error that has a message. */
export function className(key: string): string {
  const line = lines.findIndex((line) => line.startsWith(`${key} `))
  return lines.slice(0, line).reverse().find((line) => !line.includes(' ')) || 'Error'
}

/** The message of an error. If it is not in the table, it is an argument itself. */
export function message(key: string, args: Arguments): string {
  const line = lines.find((line) => line.startsWith(`${key} `)) ?? `${key} {message}`
  // A part that is not between `<` and `>` has one alternative.
  const parts = line.slice(key.length + 1).split(/[<>]/)
  return parts.map((part) => part.split('|').map((text) => substitute(text, args)).find((text) => text !== undefined)).join('')
}

/** The message on a line of the table, for the core, which sends it to official clients in other tabs. */
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

/** A text with its invisible characters escaped, such as `\u{202a}`. */
function visible(text: unknown): string {
  return String(text).replace(/[\p{Cc}\p{DI}\ufff9-\ufffb\u2800]|[^\S ]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/** The help: for the topic, else for the code, else for the first word of the code; each for this step, else for any step. */
export function help(topic: string, code: string, step: string): string {
  const subjects = [topic, code, String(code.split('_', 1))].flatMap((subject) => [`${subject}@${step}`, subject])
  const texts = subjects.map((subject) => lines.map((line) => line.split(': ')).find(([names]) => names?.split(',').includes(subject)))
  return texts.find((text) => text)?.slice(1).join(': ') ?? ''
}
