package slot

// Reading is what a reader of a kept board does until it ends.
func (c *Cache) Reading(tenant int, window string) (end func()) {
	entry := c.boards[boardKey{tenant, window}]
	entry.reading.Lock()
	return entry.reading.Unlock
}

// Kept is how many windows a cache remembers.
func (c *Cache) Kept() int { return len(c.boards) }
