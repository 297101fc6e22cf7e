//go:build !unix

package bench

// mostFiles is not known: such systems have no such limit.
func mostFiles() (uint64, bool) { return 0, false }
