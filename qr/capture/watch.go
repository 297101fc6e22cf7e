package capture

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The folder that is watched is looked at this often; of what came at once so
// many pictures are told a look, and the others at the next ones.
const (
	watchEvery   = time.Second
	watchMost    = 2
	maxInWatched = 20_000
)

// Watch calls found with the path of each picture that comes into the folder
// dir, until ctx ends or the folder can no longer be read. A picture is told
// once it has not changed from one look to the next. What is there at the
// beginning is not told, and neither is what is no regular file: behind a link
// could be anything.
func Watch(ctx context.Context, dir string, found func(path string)) error {
	dir, err := filepath.Abs(dir) // a name of ours begins with a folder, and is never taken for a link
	if err != nil {
		return &Error{Reason: "The folder to watch cannot be found. Check its path.", Err: err}
	}
	w := watched{dir: dir}
	before, err := w.list()
	if err != nil {
		return err
	}
	w.told = maps.Clone(before)
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		now, err := w.list()
		if err != nil {
			return err
		}
		for _, name := range w.ripe(before, now) {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			found(filepath.Join(dir, name))
		}
		before = now
	}
}

// version is how a file is known to have changed.
type version struct {
	size  int64
	wrote time.Time
}

type watched struct {
	dir  string
	told map[string]version // what was there, or was told
}

// list gives the pictures in the folder.
func (w *watched) list() (map[string]version, error) {
	if info, err := os.Stat(w.dir); err != nil || !info.IsDir() { // a pipe would be waited for
		return nil, &Error{Reason: "There is no such folder to watch. Check its path.", Err: err}
	}
	folder, err := os.Open(w.dir)
	if err != nil {
		return nil, &Error{Reason: "The folder to watch cannot be read. Check who may read it.", Err: err}
	}
	defer folder.Close()
	entries, err := folder.ReadDir(maxInWatched + 1)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, &Error{Reason: "The folder to watch cannot be read. Check who may read it.", Err: err}
	case len(entries) > maxInWatched:
		return nil, &Error{Reason: "There are too many files in the folder to watch. Choose one for screenshots alone."}
	}
	all := map[string]version{}
	for _, e := range entries {
		if !e.Type().IsRegular() || !IsPicture(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			all[e.Name()] = version{info.Size(), info.ModTime()}
		}
	}
	return all, nil
}

// ripe gives what is new and has not changed since the look before, the oldest
// first, and notes it as told.
func (w *watched) ripe(before, now map[string]version) (names []string) {
	for name := range w.told {
		if _, there := now[name]; !there {
			delete(w.told, name)
		}
	}
	for name, v := range now {
		if before[name] == v && w.told[name] != v {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(now[a].wrote.Compare(now[b].wrote), strings.Compare(a, b))
	})
	names = names[:min(len(names), watchMost)]
	for _, name := range names {
		w.told[name] = now[name]
	}
	return names
}
