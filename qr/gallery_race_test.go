//go:build race

package qr

// The race detector makes drawing ten times slower, and sees in a tenth of the
// pictures what it would see in all.
func init() { tenth = true }
