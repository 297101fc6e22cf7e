package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"hamconnect/qr"
	"hamconnect/tui/client"
)

// folder finds what is put into a folder while it is watched.
type folder struct {
	name  string
	root  *os.Root // nothing outside is opened, wherever a link may point
	files map[string]*watched
	lost  bool // the folder could not be read the last time
}

// watched is a file as it was at the last look.
type watched struct {
	info os.FileInfo
	done bool // it was looked into, or was there before
}

const (
	lookEvery = time.Second
	maxNote   = 4096 // bytes of a file with a link
)

func openFolder(name string) (source, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, usagef("--from: %w", err)
	}
	f := &folder{name: name, root: root, files: map[string]*watched{}}
	if _, err := f.look(); err != nil {
		return nil, usagef("--from: %w", err)
	}
	for _, file := range f.files {
		file.done = true
	}
	return f.watch, nil
}

func (f *folder) watch(ctx context.Context, found func(sighting) error) error {
	defer f.root.Close()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		whole, err := f.look()
		if err != nil && !f.lost {
			if err := found(sighting{from: f.name, err: err}); err != nil {
				return err
			}
		}
		f.lost = err != nil
		for _, name := range whole {
			s := sighting{from: f.name, file: name}
			if s.link, s.err = f.read(ctx, name); ctx.Err() != nil {
				return ctx.Err()
			}
			if err := found(s); err != nil {
				return err
			}
		}
	}
}

// look gives the files that are new, and as they were at the last look: who
// writes them has finished.
func (f *folder) look() (whole []string, err error) {
	d, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	entries, err := d.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	there := map[string]*watched{}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		info, err := f.root.Lstat(entry.Name())
		if err != nil || !info.Mode().IsRegular() {
			continue // it is gone again, or a link or a pipe
		}
		file := &watched{info: info}
		if last := f.files[entry.Name()]; last != nil && same(last.info, info) {
			file.done = last.done
			if !file.done && info.Size() > 0 {
				file.done = true
				whole = append(whole, entry.Name())
			}
		}
		there[entry.Name()] = file
	}
	f.files = there
	return whole, nil
}

func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// read gives the link that a file holds, as text or as the picture of a code.
func (f *folder) read(ctx context.Context, name string) (qr.Link, error) {
	// Should it have become a pipe meanwhile, opening it must not wait.
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return qr.Link{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return qr.Link{}, err
	}
	if !os.SameFile(info, f.files[name].info) || !info.Mode().IsRegular() {
		return qr.Link{}, &fs.PathError{Op: "open", Path: name, Err: errors.New("it is another file than a moment ago")}
	}
	if info.Size() <= maxNote {
		text, err := io.ReadAll(io.LimitReader(file, maxNote))
		if err != nil {
			return qr.Link{}, err
		}
		if isText(text) {
			return qr.ParseLink(string(text))
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return qr.Link{}, err
		}
	}
	return client.Only(client.FindRead(ctx, file))
}

// isText reports whether a file is a note and no picture: each kind of picture
// begins with what no text has.
func isText(data []byte) bool {
	return utf8.Valid(data) && !strings.ContainsFunc(string(data), func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) })
}
