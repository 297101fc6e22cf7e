package tui

import "hamconnect/tui/internal/rules"

// CheckNumber reads a check number, two digits from 10 to 99, as a person
// types or pastes it.
func CheckNumber(text string) (int, bool) { return rules.Number(text) }
