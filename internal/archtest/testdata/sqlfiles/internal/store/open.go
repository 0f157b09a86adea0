package store

const mode = `PRAGMA journal_mode`
