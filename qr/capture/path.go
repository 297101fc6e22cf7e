package capture

import (
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Dropped is the file that a text names.
type Dropped struct {
	Path string
	More int // files that were dropped together with it and are not looked at
}

// maxDropped is the length of a text, in bytes, that may name files.
const maxDropped = 64 << 10

// pictures are the endings of the names of pictures.
var pictures = []string{".png", ".jpg", ".jpeg", ".gif", ".webp"}

// IsPicture reports whether a file's name ends like that of a picture.
func IsPicture(name string) bool {
	return slices.Contains(pictures, strings.ToLower(filepath.Ext(name)))
}

// Path gives the file that was typed, or dropped on the terminal: terminals
// write a dropped file's name as it is, in quotes, with a backslash before what
// a shell would misread, or as a file:// URL, and several in a row. Of several
// the first picture is taken. A name with spaces in it that a person typed
// stays one name. Whether there is such a file is not said.
func Path(text string) (Dropped, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxDropped {
		return Dropped{}, &Error{Reason: "There is no file's name here. Type the path of a picture, or drop one on the terminal."}
	}
	whole, err := plain(text)
	if err == nil && exists(whole) {
		return Dropped{Path: whole}, nil
	}
	var names []string
	for _, word := range split(text, runtime.GOOS == "windows") {
		name, wordErr := plain(word)
		if wordErr != nil {
			return Dropped{}, wordErr
		}
		names = append(names, name)
	}
	switch {
	case len(names) == 1:
		return Dropped{Path: names[0]}, nil
	case len(names) > 1 && (slices.ContainsFunc(names, exists) || quotedOrURL(text)):
		first := max(0, slices.IndexFunc(names, IsPicture))
		return Dropped{Path: names[first], More: len(names) - 1}, nil
	}
	return Dropped{Path: whole}, err
}

// plain makes a name of ours of a file:// URL, or of a name that begins with
// the sign of the home folder.
func plain(name string) (string, error) {
	if len(name) >= 7 && strings.EqualFold(name[:7], "file://") {
		return fromURL(name[7:])
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest), nil
		}
	}
	return name, nil
}

// fromURL reads what follows file:// (RFC 8089).
func fromURL(rest string) (string, error) {
	slash := strings.IndexByte(rest, '/')
	if slash < 0 {
		return "", &Error{Reason: "This file:// link names no file. Drop the picture again, or type its path."}
	}
	host, path := rest[:slash], rest[slash:]
	here, _ := os.Hostname() // without it only localhost is known
	if host != "" && !strings.EqualFold(host, "localhost") && !strings.EqualFold(host, here) {
		return "", &Error{Reason: "This file is on another computer. Copy the picture to this one, and name it there."}
	}
	path, err := url.PathUnescape(path)
	if err != nil || strings.ContainsRune(path, 0) {
		return "", &Error{Reason: "This file:// link is damaged. Drop the picture again, or type its path.", Err: err}
	}
	if runtime.GOOS == "windows" {
		path = filepath.FromSlash(strings.TrimPrefix(path, "/"))
	}
	return path, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func quotedOrURL(text string) bool {
	return strings.ContainsAny(text[:1], `'"`) || strings.HasPrefix(strings.ToLower(text), "file://")
}

// split takes the words apart as a shell does. Where backslash separates
// folders it protects nothing.
func split(text string, backslashIsPath bool) (words []string) {
	var word strings.Builder
	var quote rune
	inWord, escaped := false, false
	for _, r := range text {
		switch {
		case escaped:
			if quote == '"' && !strings.ContainsRune("\"\\$`", r) {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
			escaped = false
		case r == '\\' && quote != '\'' && !backslashIsPath:
			escaped, inWord = true, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'' && !backslashIsPath:
			quote, inWord = r, true
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			if inWord {
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	switch {
	case quote != 0 || escaped:
		return []string{text} // an apostrophe in a name, say
	case inWord:
		words = append(words, word.String())
	}
	return words
}
