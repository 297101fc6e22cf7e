package client

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
)

const fileName = "account.json"

// file is account.json. The user's fields are empty in the short time between
// the making of a key and its enrolment.
type file struct {
	Server     string `json:"server"`
	UserID     string `json:"user_id,omitempty"`
	Nickname   string `json:"nickname,omitempty"`
	DeviceID   string `json:"device_id,omitempty"`
	DeviceName string `json:"device_name,omitempty"`
	Key        []byte `json:"private_key,omitempty"` // Ed25519 seed; who reads it is this device

	Sealed *sealed `json:"sealed_key,omitempty"` // in place of Key
}

func read(dir string) (file, error) {
	path := filepath.Join(dir, fileName)
	f, err := os.Open(path) //nolint:gosec // the person says where the account lives
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, ErrNotSignedIn
	}
	if err != nil {
		return file{}, fmt.Errorf("reading the account: %w", err)
	}
	defer f.Close()
	// Asked of the open file, so that what is checked is what is read.
	info, err := f.Stat()
	if err != nil {
		return file{}, fmt.Errorf("reading the account: %w", err)
	}
	if err := tight(path, info, 0o077, "600"); err != nil {
		return file{}, err
	}
	if err := tightFolder(dir); err != nil {
		return file{}, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxAnswer))
	if err != nil {
		return file{}, fmt.Errorf("reading the account: %w", err)
	}
	var kept file
	if err := json.Unmarshal(text, &kept); err != nil || !kept.hasKey() || !isOrigin(kept.Server) {
		return file{}, fmt.Errorf("%s is damaged; remove it and sign in again with a new enrol link", path)
	}
	return kept, nil
}

// hasKey reports whether there is a key, in one of the ways to keep it.
func (f file) hasKey() bool {
	if f.Sealed != nil {
		return f.Key == nil && f.Sealed.valid()
	}
	return len(f.Key) == ed25519.SeedSize
}

// tight refuses a file or folder with one of the loose permission bits.
func tight(path string, info fs.FileInfo, loose fs.FileMode, mode string) error {
	if runtime.GOOS == "windows" || info.Mode().Perm()&loose == 0 {
		return nil // Windows has access lists instead, and Go shows none of them
	}
	return &LooseError{Path: path, Mend: "chmod " + mode + " '" + path + "'"}
}

func tightFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("reading the account: %w", err)
	}
	return tight(dir, info, 0o022, "700")
}

// isOrigin repeats what qr.ParseLink promises, because a file may be edited.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme+"://"+u.Host != s {
		return false
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return u.Scheme == "http" || u.Scheme == "https"
	}
	return u.Scheme == "https"
}

// prepare makes the folder and puts a first form of the account into a file
// beside the real one, so that a key which the server has accepted cannot be
// lost to a full or read-only disk, nor to a crash.
func (h home) prepare(name string, account file) (draft string, err error) {
	dir := h.folder(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the folder for the account: %w", err)
	}
	folders := append(h.above(name), dir)
	for _, folder := range folders {
		if err := tightFolder(folder); err != nil {
			return "", err
		}
	}
	draft, err = writeAccount(dir, account)
	for _, folder := range folders {
		if err == nil {
			err = syncDir(folder)
		}
	}
	if err != nil {
		return "", fmt.Errorf("nothing was sent, because the account could not be kept: %w", err)
	}
	return draft, nil
}

// keep puts the account into its folder as one step, durably. Should the
// complete form not fit on the disk, the draft takes its place: it holds the
// key, and is removed only when that is in its place. Unless it may replace
// one, an account that is there is left, and the error matches fs.ErrExist.
func keep(dir, draft string, account file, replace bool) error {
	from, err := writeAccount(dir, account)
	if err != nil {
		from = draft
	}
	switch err := put(from, filepath.Join(dir, fileName), replace); {
	case errors.Is(err, fs.ErrExist) && !replace && from != draft:
		return errors.Join(err, os.Remove(from))
	case err != nil:
		return fmt.Errorf("putting it in place (its key stays in %s): %w", from, err)
	}
	if from != draft {
		if err := removeDraft(draft); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// put renames a file. What is at to is overwritten only if it may be replaced;
// otherwise two enrolments at once cannot wipe one another's key.
func put(from, to string, replace bool) error {
	if replace {
		return os.Rename(from, to)
	}
	switch err := os.Link(from, to); {
	case err == nil:
		return os.Remove(from)
	case errors.Is(err, fs.ErrExist):
		return err
	}
	if _, err := os.Lstat(to); err == nil { // the disk knows no links: as well as it can be done
		return fs.ErrExist
	}
	return os.Rename(from, to)
}

func writeAccount(dir string, account file) (path string, err error) {
	text, err := json.MarshalIndent(account, "", "  ") //nolint:gosec // this file is what keeps the key
	if err != nil {
		return "", err
	}
	return writeTemp(dir, ".account-*.json", append(text, '\n'))
}

// writeTemp writes a file of mode 0600 and waits until the disk has it.
func writeTemp(dir, pattern string, text []byte) (path string, err error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return "", err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	d, err := os.Open(dir) //nolint:gosec // the person says where the account lives
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// wipe removes the account, and its folder if that was made for it and holds
// nothing else. Overwriting it first would promise what disks with
// copy-on-write and wear levelling do not keep.
func wipe(dir string) error {
	err := os.Remove(filepath.Join(dir, fileName))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err = errors.Join(err, sweepDrafts(dir)); err != nil {
		return fmt.Errorf("wiping the account: %w", err)
	}
	if isFurther(dir) {
		_ = os.Remove(filepath.Join(dir, holdName)) // there is no device any more that somebody could hold
		_ = os.Remove(dir)                          // an empty folder that stays is no account
	}
	return nil
}
