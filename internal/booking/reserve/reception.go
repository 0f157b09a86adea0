package reserve

// Handled is what reception wrote down about a person who came.
type Handled struct {
	OldCard bool     // 住基カード was taken back
	Codes   []string // of what was done, from the tenant's list
	Memo    string
}
