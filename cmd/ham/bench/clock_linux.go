package bench

import (
	"syscall"
	"time"
)

// nap sleeps for a moment; cut short by a signal, it is a little early.
func nap(d time.Duration) {
	left := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&left, nil)
}
