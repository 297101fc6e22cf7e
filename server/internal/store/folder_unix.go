//go:build unix

package store

import (
	"io/fs"
	"os"
)

func checkMode(path string, want fs.FileMode) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&^want != 0 {
		return &ModeError{Path: path, Mode: info.Mode(), Want: want}
	}
	return nil
}
