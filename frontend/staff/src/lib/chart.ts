// Charts come as SVG that the server has drawn, previews as text that it has escaped. Our pages let no text become
// markup, except by policies that their headers name: this one is for markup of the server alone.
interface Policy { createHTML: (markup: string) => unknown }
interface Policies { createPolicy: (name: string, rules: Policy) => Policy }

const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
const policy = policies?.createPolicy('kofu-chart', { createHTML: (markup) => markup });

/** Markup of the server that may stand in the page. */
export function drawing(svg: string): string {
  return (policy ? policy.createHTML(svg) : svg) as string;
}
