//go:build unix

package bench

import "syscall"

// mostFiles is the limit in force; Go has raised it as far as it may.
func mostFiles() (uint64, bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), err == nil //nolint:unconvert // it is signed on some systems, and never negative
}
