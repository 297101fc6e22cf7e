package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"
)

// errNoTerminal: nobody is there to type.
var errNoTerminal = errors.New("there is no terminal to ask on")

// typeTwice has something new typed twice.
func typeTwice(cmd *cobra.Command, question string) (string, error) {
	first, err := typeHidden(cmd, question)
	if err != nil {
		return "", err
	}
	second, err := typeHidden(cmd, "The same once more: ")
	if err == nil && first != second {
		err = errors.New("the two are not the same; nothing was changed")
	}
	return first, err
}

// typeHidden asks without showing what is typed.
func typeHidden(cmd *cobra.Command, question string) (string, error) {
	in, ok := cmd.InOrStdin().(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(in.Fd()) || !isTerminal(cmd.ErrOrStderr()) {
		return "", errNoTerminal
	}
	// Raw before the question is there: what is typed at once is not shown either.
	before, err := term.MakeRaw(in.Fd())
	if err != nil {
		return "", fmt.Errorf("reading what is typed: %w", err)
	}
	_, err = io.WriteString(cmd.ErrOrStderr(), question)
	typed := ""
	if err == nil {
		typed, err = readHidden(cmd.InOrStdin())
	}
	err = errors.Join(err, term.Restore(in.Fd(), before))
	fmt.Fprintln(cmd.ErrOrStderr()) // Enter was not shown either
	return typed, err
}

// readHidden reads a line from a terminal in raw mode.
func readHidden(in io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < 4096; {
		if _, err := in.Read(b); err != nil {
			return "", fmt.Errorf("reading what is typed: %w", err)
		}
		switch b[0] {
		case '\r', '\n':
			return string(line), nil
		case 0x03, 0x04: // Ctrl-C, Ctrl-D
			return "", context.Canceled
		case 0x15: // Ctrl-U
			line = nil
		case 0x08, 0x7f:
			_, size := utf8.DecodeLastRune(line)
			line = line[:len(line)-size]
		default:
			line = append(line, b[0])
		}
	}
	return "", errors.New("the passphrase is too long")
}
