package fault

const (
	word     = "明治"
	sentence = "元号が" + "正しくありません。"
)
