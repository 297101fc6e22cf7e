package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed assets
var assetFiles embed.FS

// assetTypes are stated, not guessed from the system's tables.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

type asset struct {
	contentType string
	content     []byte
}

// assets are the files under /assets/. A file's address holds the hash of its
// content, so a browser may keep it for ever and a new release is seen at once.
type assets struct {
	byAddress map[string]asset
	addresses map[string]string // keyed by file name, such as style.css
}

func readAssets() (assets, error) {
	a := assets{byAddress: map[string]asset{}, addresses: map[string]string{}}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return a, fmt.Errorf("reading assets: %w", err)
	}
	for _, entry := range entries {
		if _, err := a.add(entry.Name(), len(entries)); err != nil {
			return a, fmt.Errorf("reading assets: %w", err)
		}
	}
	return a, nil
}

// imported is how our scripts name a script that they import.
var imported = regexp.MustCompile(`from '\./([a-z]+\.js)'`)

// add takes in a file, after those that it imports, and gives its address. What
// a script imports is named by address there too: so a change of one changes
// the address of all that use it, and no browser mixes two releases. A chain of
// imports that is longer than deep runs in a circle.
func (a assets) add(name string, deep int) (string, error) {
	if address, ok := a.addresses[name]; ok {
		return address, nil
	}
	if deep == 0 {
		return "", fmt.Errorf("%s imports itself", name)
	}
	content, err := assetFiles.ReadFile("assets/" + name)
	if err != nil {
		return "", err
	}
	ext := path.Ext(name)
	contentType, ok := assetTypes[ext]
	if !ok {
		return "", fmt.Errorf("%s is of no known type", name)
	}
	if ext == ".js" {
		for _, m := range imported.FindAllSubmatch(content, -1) {
			address, err := a.add(string(m[1]), deep-1)
			if err != nil {
				return "", err
			}
			content = bytes.Replace(content, m[0], []byte("from '"+address+"'"), 1)
		}
	}
	sum := sha256.Sum256(content)
	address := "/assets/" + strings.TrimSuffix(name, ext) + "-" + hex.EncodeToString(sum[:8]) + ext
	a.byAddress[address] = asset{contentType, content}
	a.addresses[name] = address
	return address, nil
}

// address gives the path of a file for a template.
func (a assets) address(name string) (string, error) {
	address, ok := a.addresses[name]
	if !ok {
		return "", fmt.Errorf("there is no asset %s", name)
	}
	return address, nil
}

func (a assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.byAddress[r.URL.Path]
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if !ok {
		h.Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	}
	h.Set("Content-Type", file.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	// The icon is an SVG, which a browser would run scripts of if it were opened by itself.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.content))
}
