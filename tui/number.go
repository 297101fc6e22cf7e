package tui

import (
	"strconv"
	"strings"
)

// CheckNumber reads a check number, two digits from 10 to 99, as a person
// types or pastes it.
func CheckNumber(text string) (int, bool) {
	text = strings.TrimSpace(text)
	n, err := strconv.Atoi(text)
	return n, err == nil && len(text) == 2 && n >= 10
}
