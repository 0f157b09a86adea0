package site

// Patterns are the routes, for tests over all of them.
func Patterns() (list []string) {
	for _, r := range (&site{}).routes() {
		list = append(list, r.pattern)
	}
	return list
}
