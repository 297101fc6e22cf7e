package main

import (
	"os/exec"
	"syscall"
)

// endWithUs has the system kill cmd when the tests end in whatever way.
func endWithUs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
