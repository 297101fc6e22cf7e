// Package quiet keeps Bubble Tea from speaking to the terminal when a program
// that only imports it starts. Its init asks for the background colour and
// waits up to five seconds for the answer, which a terminal driven by a script
// never gives: then even "ham whoami" would hang, and input typed ahead be lost.
//
// A terminal called "dumb" is not asked. So this package, which imports almost
// nothing and is therefore initialised first (Go spec, "Package
// initialization": packages that are ready go in order of their paths, and
// Bubble Tea is ready only after all that it needs), calls it so until Restore.
package quiet

import "os"

var name, named = os.LookupEnv("TERM")

func init() {
	os.Setenv("TERM", "dumb") // without it there is only the wait
}

// Restore puts the terminal's name back. Package tui calls it in its own init,
// which comes after Bubble Tea's.
func Restore() {
	if named {
		os.Setenv("TERM", name)
	} else {
		os.Unsetenv("TERM")
	}
}
