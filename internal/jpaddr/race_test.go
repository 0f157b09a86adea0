//go:build race

package jpaddr_test

const raceEnabled = true
