// Package jpaddr knows Japanese postal addresses: which part of an address the
// postal code already covers ([Table.Split]), which code an address belongs to
// ([Table.FindPostal]), the Japan Post customer barcode of a mail piece
// ([Table.Customer]) and a key that sorts mail the way it is delivered
// ([Table.SortKey]).
//
// Addresses are compared in a folded form only; the text that people wrote is
// never changed, and no printed address comes from here. The package does no
// I/O besides unpacking its embedded table and writes no tables.
package jpaddr
