// All types that the screens of the booking service name: those of the wire, and what only the screens need.
export type * from './types.gen';
