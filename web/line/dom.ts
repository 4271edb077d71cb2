/** A new element with its attributes and children: all this page needs of a framework. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Record<string, string> = {}, children: (Node | string)[] = []): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/** Writes only what changed, so that nothing is said twice and the focus stays. */
export function write(element: HTMLElement, text: string) {
  if (element.textContent !== text) element.textContent = text
  element.hidden = text === ''
}

const dots = 60
/** The line as sixty dots: those let in are filled, mine is the lamp. */
export function createPicture() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 600 16')
  svg.setAttribute('class', 'picture')
  svg.setAttribute('aria-hidden', 'true')
  const circles = Array.from({ length: dots }, (_, i) => {
    const circle = document.createElementNS('http://www.w3.org/2000/svg', 'circle')
    circle.setAttribute('cx', String(i * 10 + 5))
    circle.setAttribute('cy', '8')
    svg.append(circle)
    return circle
  })
  const draw = ({ total, admitted, mine }: { total: number; admitted: number; mine: number }) => {
    const length = Math.max(total, mine)
    const at = Math.floor(((mine - 1) / length) * dots)
    circles.forEach((circle, i) => {
      const own = i === at
      circle.setAttribute('class', own ? 'mine' : i * length < admitted * dots ? 'in' : '')
      circle.setAttribute('r', own ? '6.500' : '3')
    })
  }
  return { svg, draw }
}
