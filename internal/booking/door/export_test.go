package door

// Free tells whether a request of a municipality that comes now need not wait for
// its turn.
func (p *Places) Free(tenant int) bool {
	l := p.of(tenant)
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.free(l)
}
