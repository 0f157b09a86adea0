// All types that screens name: those of the wire, and what only the screens need.
import type { CardPage } from './types.gen';

export type * from './types.gen';

/** The filter of the card list, as it stands in the address. */
export type CardFilter = Partial<Record<'status' | 'procedure' | 'custody' | 'hold' | 'lot' | 'place' | 'due' | 'q' | 'sort', string>>;
/** One hold of a card with its story. */
export type Hold = CardPage['holdList'][number];
