// What the page checkers miss (staff-ui.md §8.2), found inside the page. The function goes there as
// text, so it uses nothing from outside.
export function ownFindings(): string[] {
  const found: string[] = [];
  const say = (rule: string, e: Element): void => { found.push(`${rule}: ${e.outerHTML.slice(0, 160)}`); };
  const visible = (e: Element | null | undefined): boolean => {
    if (!e || !(e.textContent ?? '').trim()) return false;
    const box = e.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && getComputedStyle(e).visibility !== 'hidden';
  };
  for (const e of document.querySelectorAll<HTMLInputElement>('input, select, textarea')) {
    if (e.type === 'hidden') continue;
    if (![...e.labels ?? []].some(visible)) say('input without a visible label', e);
  }
  for (const table of document.querySelectorAll('table')) {
    const heads = table.querySelectorAll('th');
    if (heads.length === 0) say('table without th', table);
    for (const th of heads) if (!th.getAttribute('scope')) say('th without scope', th);
  }
  for (const e of document.querySelectorAll<HTMLElement>('[onclick], [role=button], [role=link], [tabindex]')) {
    if (e.matches('a[href], button, input, select, textarea, summary, [tabindex="-1"]')) continue;
    say('clickable, but neither button nor link', e);
  }
  for (const e of document.querySelectorAll('svg, canvas')) {
    const hidden = e.closest('[aria-hidden="true"]') !== null;
    if (!hidden && !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby') && !e.querySelector('title')) say('picture without a name', e);
  }
  for (const e of document.querySelectorAll<HTMLElement>('main a, main button')) {
    if (!(e.textContent ?? '').trim() && !e.getAttribute('aria-label')) say('link or button without words', e);
  }
  // Fingers: rows of lists and buttons 48 px, what is typed into 40 px (booking.md §6.1, staff-ui.md §7.2).
  const least = (selector: string, height: number): void => {
    for (const e of document.querySelectorAll<HTMLElement>(selector)) {
      if (e.getClientRects().length > 0 && e.getBoundingClientRect().height < height - 0.5) say(`less than ${height} px high`, e);
    }
  };
  least('main .choices a, main .button, main button, main .check', 48);
  least('main input:not([type=hidden], [type=checkbox], [type=radio]), main select, main textarea', 40);
  least('main .pager a, header li a, footer li a, footer .tel, summary', 24);
  return found;
}
