/** HTML made from templates: whatever is put in is text, unless it was made by a template itself. */

export class Html {
  readonly text: string

  /** For this file alone: the text is taken as it is. */
  constructor(text: string) {
    this.text = text
  }
}

export type Filling = Html | string | number | undefined | false | readonly Filling[]

/** What is not there (`undefined`, `false`) leaves nothing; lists are put one after the other. */
export function html(parts: TemplateStringsArray, ...fillings: Filling[]): Html {
  return new Html(parts.map((part, index) => part + textOf(fillings[index])).join(''))
}

/** Text of ours that is HTML, a style or a script already. */
export function trusted(text: string): Html {
  return new Html(text)
}

function textOf(filling: Filling): string {
  if (filling === undefined || filling === false) return ''
  if (filling instanceof Html) return filling.text
  if (typeof filling === 'object') return filling.map(textOf).join('')
  return String(filling).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
