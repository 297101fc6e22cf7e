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
	Server   string `json:"server"`
	UserID   string `json:"user_id,omitempty"`
	Nickname string `json:"nickname,omitempty"`
	DeviceID string `json:"device_id,omitempty"`
	Key      []byte `json:"private_key"` // Ed25519 seed; who reads it is this device
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
	folder, err := os.Stat(dir)
	if err != nil {
		return file{}, fmt.Errorf("reading the account: %w", err)
	}
	if err := tight(dir, folder, 0o022, "700"); err != nil {
		return file{}, err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxAnswer))
	if err != nil {
		return file{}, fmt.Errorf("reading the account: %w", err)
	}
	var kept file
	if err := json.Unmarshal(text, &kept); err != nil || len(kept.Key) != ed25519.SeedSize || !isOrigin(kept.Server) {
		return file{}, fmt.Errorf("%s is damaged; remove it and sign in again with a new enrol link", path)
	}
	return kept, nil
}

// tight refuses a file or folder with one of the loose permission bits.
func tight(path string, info fs.FileInfo, loose fs.FileMode, mode string) error {
	if runtime.GOOS == "windows" || info.Mode().Perm()&loose == 0 {
		return nil // Windows has access lists instead, and Go shows none of them
	}
	return &LooseError{Path: path, Mend: "chmod " + mode + " '" + path + "'"}
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
// lost to a full or read-only disk.
func prepare(dir string, account file) (draft string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("making the folder for the account: %w", err)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return "", fmt.Errorf("making the folder for the account: %w", err)
	}
	if err := tight(dir, info, 0o022, "700"); err != nil {
		return "", err
	}
	draft, err = writeTemp(dir, account)
	if err != nil {
		return "", fmt.Errorf("nothing was sent, because the account could not be kept: %w", err)
	}
	return draft, nil
}

// keep replaces the account of dir as one step, durably. Should the complete
// form not fit on the disk, the draft takes its place: it holds the key. The
// key is removed only when it is in its place.
func keep(dir, draft string, account file) error {
	from, err := writeTemp(dir, account)
	if err != nil {
		from = draft
	}
	if err := os.Rename(from, filepath.Join(dir, fileName)); err != nil {
		return fmt.Errorf("putting it in place (its key stays in %s): %w", from, err)
	}
	if from != draft {
		if err := removeDraft(draft); err != nil {
			return err
		}
	}
	return syncDir(dir)
}

// writeTemp writes a file of mode 0600 and waits until the disk has it.
func writeTemp(dir string, account file) (path string, err error) {
	text, err := json.MarshalIndent(account, "", "  ") //nolint:gosec // this file is what keeps the key
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, ".account-*.json")
	if err != nil {
		return "", err
	}
	_, err = f.Write(append(text, '\n'))
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

// wipe removes the account. Overwriting it first would promise what disks
// with copy-on-write and wear levelling do not keep.
func wipe(dir string) error {
	err := os.Remove(filepath.Join(dir, fileName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("wiping the account: %w", err)
	}
	return nil
}
