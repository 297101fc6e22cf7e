package capture

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxListed is how many names of a folder are looked at.
const maxListed = 5000

// Complete gives what a path that begins with prefix may be: pictures first,
// then folders with a separator at the end. What is hidden is left out unless
// the prefix asks for it. The first part of a name stays as it was typed.
func Complete(prefix string) []string {
	cut := strings.LastIndexAny(prefix, separators) + 1
	typed, name := prefix[:cut], prefix[cut:]
	dir, err := plain(typed)
	if err != nil || prefix == "~" {
		return nil
	}
	if dir == "" {
		dir = "."
	}
	folder, err := os.Open(dir) //nolint:gosec // the person types its name
	if err != nil {
		return nil
	}
	defer folder.Close()
	if info, err := folder.Stat(); err != nil || !info.IsDir() {
		return nil
	}
	entries, _ := folder.ReadDir(maxListed) // what could be read is better than nothing
	var files, folders []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), name) || strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(name, ".") {
			continue
		}
		mode := e.Type()
		if mode&os.ModeSymlink != 0 {
			info, err := os.Stat(filepath.Join(dir, e.Name()))
			if err != nil {
				continue
			}
			mode = info.Mode()
		}
		switch {
		case mode.IsDir():
			folders = append(folders, typed+e.Name()+string(filepath.Separator))
		case mode.IsRegular() && IsPicture(e.Name()):
			files = append(files, typed+e.Name())
		}
	}
	slices.Sort(files)
	slices.Sort(folders)
	return append(files, folders...)
}
