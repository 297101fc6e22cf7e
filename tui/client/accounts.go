package client

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A configuration folder holds any number of accounts:
//
//	account.json                 the first
//	accounts/NAME/account.json   each further one; NAME is random and tells nothing
//	current                      which one is in use: a NAME, or "." for the first
//
// Each account has a folder of its own, and nothing that is done to one opens
// the folder of another. Where current names none that exists, because it was
// never written or its account has gone, the first is in use, or else the one
// whose NAME comes first.
const (
	othersName  = "accounts"
	currentName = "current"
	first       = "." // what current calls the first account
)

// Kept is an account of a configuration folder. Of a damaged one nothing is
// known but its Folder, and it can only be forgotten.
type Kept struct {
	*Account
	InUse   bool
	Damaged error // why it cannot be used; nil if it can
}

// NameError says that a name is not that of one account.
type NameError struct {
	Name    string
	Several bool     // it is that of several, the candidates
	There   []string // the candidates, or else all accounts that there are
}

func (e *NameError) Error() string {
	if e.Several {
		return fmt.Sprintf("%q is the name of several accounts: %s; give the id of the device, in brackets", e.Name, strings.Join(e.There, ", "))
	}
	return fmt.Sprintf("there is no account %q on this device; there are: %s", e.Name, strings.Join(e.There, ", "))
}

// Accounts lists the accounts in o.Dir, the first one first; none is no error.
func Accounts(o Options) ([]Kept, error) {
	h, err := o.home()
	if err != nil {
		return nil, err
	}
	return h.accounts(o)
}

// Use makes the account called name the one that Load gives from now on. It
// may be the id of the device or of the user, nickname@host, or the nickname;
// a *NameError says that it is none of those, or not of one account alone.
func Use(o Options, name string) (*Account, error) {
	h, err := o.home()
	if err != nil {
		return nil, err
	}
	all, err := h.accounts(o)
	if err != nil {
		return nil, err
	}
	chosen, err := Choose(all, name)
	if err == nil {
		err = chosen.Damaged
	}
	if err != nil {
		return nil, err
	}
	return chosen.Account, h.use(h.nameOf(chosen.dir))
}

// Choose finds an account among all by what Use takes as its name, or by its
// folder, as which alone a damaged one is found.
func Choose(all []Kept, name string) (Kept, error) {
	if len(all) == 0 {
		return Kept{}, ErrNotSignedIn
	}
	for _, is := range []func(Kept) bool{
		func(k Kept) bool { return k.DeviceID == name },
		func(k Kept) bool { return k.UserID == name },
		func(k Kept) bool { return k.Handle() == name },
		func(k Kept) bool { return k.Nickname == name },
		func(k Kept) bool { return strings.EqualFold(k.Handle(), name) || strings.EqualFold(k.Nickname, name) },
		func(k Kept) bool {
			return k.dir == filepath.Clean(name) || isFurther(k.dir) && filepath.Base(k.dir) == name
		},
	} {
		var found []Kept
		for _, k := range all {
			if name != "" && is(k) {
				found = append(found, k)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], nil
		default:
			return Kept{}, &NameError{Name: name, Several: true, There: described(found)}
		}
	}
	return Kept{}, &NameError{Name: name, There: described(all)}
}

func described(all []Kept) (out []string) {
	for _, k := range all {
		if k.Damaged != nil {
			out = append(out, "a damaged one in "+k.dir)
			continue
		}
		out = append(out, fmt.Sprintf("%s (%s)", k.Handle(), k.DeviceID))
	}
	return out
}

// Handle is nickname@host, which tells accounts of several servers apart. It
// is empty for a damaged account.
func (a *Account) Handle() string {
	u, err := url.Parse(a.Server)
	if err != nil || a.Server == "" {
		return ""
	}
	return a.Name() + "@" + u.Host
}

// isFurther reports whether an account's folder was made for it alone.
func isFurther(dir string) bool {
	return filepath.Base(filepath.Dir(dir)) == othersName && isName(filepath.Base(dir))
}

// Folder is where the account is kept.
func (a *Account) Folder() string { return a.dir }

// home is a configuration folder.
type home string

func (o Options) home() (home, error) {
	if o.Dir != "" {
		return home(filepath.Clean(o.Dir)), nil
	}
	dir, err := DefaultDir()
	return home(dir), err
}

func (h home) folder(name string) string {
	if name == first {
		return string(h)
	}
	return filepath.Join(string(h), othersName, name)
}

func (h home) nameOf(folder string) string {
	if folder == h.folder(first) {
		return first
	}
	return filepath.Base(folder)
}

// names gives those of the accounts that are there, in their order. A folder
// that an enrolment has begun and not ended holds no account.
func (h home) names() (names []string, err error) {
	if present(h.folder(first)) {
		names = append(names, first)
	}
	others, err := os.ReadDir(filepath.Join(string(h), othersName)) // sorted
	if err != nil && !errors.Is(err, fs.ErrNotExist) && len(names) == 0 {
		return nil, fmt.Errorf("reading the accounts: %w", err)
	}
	for _, o := range others {
		if o.IsDir() && isName(o.Name()) && present(h.folder(o.Name())) {
			names = append(names, o.Name())
		}
	}
	return names, nil
}

// isName keeps a file that was tampered with from naming other folders.
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '2' || r > '7') })
}

// present counts an account that cannot be looked at as one: nothing is put in
// its place.
func present(folder string) bool {
	_, err := os.Lstat(filepath.Join(folder, fileName))
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}

// inUse gives the one of names that is in use.
func (h home) inUse(names []string) (string, error) {
	if len(names) == 0 {
		return "", ErrNotSignedIn
	}
	path := filepath.Join(string(h), currentName)
	f, err := os.Open(path) //nolint:gosec // the person says where the accounts live
	if errors.Is(err, fs.ErrNotExist) {
		return names[0], nil
	}
	if err != nil {
		return "", fmt.Errorf("reading which account is in use: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("reading which account is in use: %w", err)
	}
	if err := tight(path, info, 0o077, "600"); err != nil {
		return "", err // who can write it can have somebody approve as somebody else
	}
	text, err := io.ReadAll(io.LimitReader(f, 256))
	if err != nil {
		return "", fmt.Errorf("reading which account is in use: %w", err)
	}
	if name := strings.TrimSpace(string(text)); slices.Contains(names, name) {
		return name, nil
	}
	return names[0], nil
}

// settle makes the account called name the one in use, if it is not already.
func (h home) settle(name string) error {
	names, err := h.names()
	if err == nil {
		if current, err := h.inUse(names); err == nil && current == name {
			return nil
		}
	}
	return h.use(name)
}

// use writes which account is in use, as one step.
func (h home) use(name string) error {
	path := filepath.Join(string(h), currentName)
	written, err := writeTemp(string(h), ".current-*", []byte(name+"\n"))
	if err == nil {
		if err = os.Rename(written, path); err != nil {
			err = errors.Join(err, os.Remove(written))
		}
	}
	if err == nil {
		err = syncDir(string(h))
	}
	if err != nil {
		return fmt.Errorf("writing which account is in use: %w", err)
	}
	return nil
}

func (h home) accounts(o Options) ([]Kept, error) {
	names, err := h.names()
	if err != nil || len(names) == 0 {
		return nil, err
	}
	current, err := h.inUse(names)
	if err != nil {
		return nil, err
	}
	all := make([]Kept, len(names))
	for i, name := range names {
		k := Kept{InUse: name == current}
		if k.Account, k.Damaged = h.load(o, name); k.Damaged != nil {
			k.Account = newAccount(o, h.folder(name))
		}
		all[i] = k
	}
	return all, nil
}

// load reads one account.
func (h home) load(o Options, name string) (*Account, error) {
	for _, folder := range h.above(name) {
		if err := tightFolder(folder); err != nil {
			return nil, err
		}
	}
	a := newAccount(o, h.folder(name))
	kept, err := read(a.dir)
	if err != nil {
		return nil, err
	}
	a.become(kept)
	return a, nil
}

// above gives the folders that an account's own lies in: who can write one of
// them can put another account in its place.
func (h home) above(name string) []string {
	if name == first {
		return nil
	}
	return []string{string(h), filepath.Join(string(h), othersName)}
}

// chosen gives the name of the account that o means.
func (h home) chosen(o Options) (string, error) {
	if o.Account == "" {
		names, err := h.names()
		if err != nil {
			return "", err
		}
		return h.inUse(names)
	}
	all, err := h.accounts(o)
	if err != nil {
		return "", err
	}
	k, err := Choose(all, o.Account)
	if err != nil {
		return "", err
	}
	return h.nameOf(k.dir), nil
}
