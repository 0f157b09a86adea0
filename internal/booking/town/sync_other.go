//go:build !unix

package town

// syncFolder does nothing where a folder cannot be synced; there a rename is
// durable with the file system's own log.
func syncFolder(string) error { return nil }
