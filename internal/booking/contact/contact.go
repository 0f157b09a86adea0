// Package contact holds what residents leave of themselves, where the tenant
// takes it: how to reach them, who they are, and their answers to the tenant's
// own fields. Everything is sealed with the tenant's key and erased some days
// after the visit.
package contact

// Contact is how a resident can be reached and, where the tenant takes it, who
// they are. An empty field was not given.
type Contact struct {
	Mail    string `json:"mail,omitempty"`
	Phone   string `json:"phone,omitempty"`
	Name    string `json:"name,omitempty"`
	Kana    string `json:"kana,omitempty"`
	Birth   string `json:"birth,omitempty"` // 2006-01-02
	Sex     string `json:"sex,omitempty"`   // male, female or other
	Address string `json:"address,omitempty"`
}

// Answers are what was answered to the fields of the tenant, by the id of the
// field. A field with several ticks has them joined by line breaks.
type Answers map[string]string
