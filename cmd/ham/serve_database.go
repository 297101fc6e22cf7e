package main

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"strings"
)

// keyVariable holds the secret itself, where there is no file.
const keyVariable = "HAM_KEY"

// readKeySecret gives the secret that seals the servers' keys in a database;
// none where the data are in a folder.
func readKeySecret(s *settings) ([]byte, error) {
	if s.get(setDatabase) == "" {
		return nil, nil
	}
	return keySecret(s.get(setKeyFile))
}

// keySecret reads the file of that name, or else the variable.
func keySecret(name string) ([]byte, error) {
	if name == "" {
		return bytes.TrimSpace([]byte(os.Getenv(keyVariable))), nil
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w; each server on a database gets a copy of the same", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("the key file %s is no file", name)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("the key file %s must be a file that only you can read: chmod 600 %s", name, quote(name))
	}
	if info.Size() > 4096 {
		return nil, fmt.Errorf("the key file %s is longer than 4096 bytes", name)
	}
	text, err := os.ReadFile(name) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	return bytes.TrimSpace(text), nil
}

// dataOf says where the data are, without a password.
func dataOf(s *settings) string {
	if address := s.get(setDatabase); address != "" {
		return withoutPassword(address)
	}
	return s.get(setData)
}

// withoutPassword gives an address as it may be shown; those of NATS may be
// several, separated by commas.
func withoutPassword(address string) string {
	if first, rest, several := strings.Cut(address, ","); several && !strings.HasPrefix(address, "postgres") {
		return withoutPassword(first) + "," + withoutPassword(rest)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "an address that cannot be read"
	}
	u.RawQuery = ""
	if _, password := u.User.Password(); u.User != nil && !password && !strings.HasPrefix(u.Scheme, "postgres") {
		u.User = url.User("xxxxx") // NATS takes a token in the name's place
	}
	return u.Redacted()
}
