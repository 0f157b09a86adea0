// Package bothsides lets a real office and a real booking service live together:
// two databases that know nothing of each other but what sealed bundles bring,
// which are lost, doubled, delayed and damaged. Its tests let them live through
// random histories and through the twelve cases of booking.md §3.7, and compare
// what both say in the end, with each other and with the simulator of package
// agreetest. It writes no tables.
package bothsides
