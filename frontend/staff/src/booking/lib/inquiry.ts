// Lists of the form for inquiries.
import type { InquiryChoice } from '../types';

/** What is offered: no retired choice, except the one that is set. */
export function offered(list: InquiryChoice[], set: string): { value: string; label: string }[] {
  return list.filter((c) => !c.retired || c.code === set).map((c) => ({ value: c.code, label: c.name }));
}
