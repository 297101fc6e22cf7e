//go:build unix

package main

import (
	"syscall"

	"github.com/charmbracelet/x/term"
)

// withoutEcho leaves lines as they are edited, and Ctrl-C as it is.
func withoutEcho(s *term.State) { s.Lflag &^= syscall.ECHO }
