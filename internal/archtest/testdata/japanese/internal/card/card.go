package card

// 納品 is fine in a comment.
const (
	space = '　'
	kana  = 'ア'
	word  = "納品"
)
