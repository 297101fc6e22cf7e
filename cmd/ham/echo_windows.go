package main

import "github.com/charmbracelet/x/term"

// withoutEcho takes off ENABLE_ECHO_INPUT.
func withoutEcho(s *term.State) { s.Mode &^= 0x4 }
