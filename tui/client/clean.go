package client

import (
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxText  = 512 // runes that Clean leaves at most
	maxMarks = 4   // combining marks that may follow one another; more pile up over other lines
)

// Clean makes a text from outside fit to be printed: invalid UTF-8, control
// characters, whole escape sequences, marks and overrides of direction, and
// everything that is not seen are taken out; each run of white space becomes
// one space; what is left is cut at 512 characters. Clean of a clean text is
// the same text.
func Clean(s string) string {
	if len(s) > 16*maxText { // no need to look at what will be cut anyway
		s = s[:16*maxText]
	}
	var out []rune
	marks, space := 0, false
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if skip := escape(s, r); skip > 0 {
			s = s[skip:]
			continue
		}
		s = s[size:]
		switch {
		case r == utf8.RuneError && size <= 1:
			continue
		case unicode.IsSpace(r):
			space = true
			continue
		case !unicode.IsGraphic(r) || blank(r):
			continue
		case unicode.Is(unicode.M, r):
			// A mark with nothing below it would sit on what we printed before.
			if marks++; len(out) == 0 || space || marks > maxMarks {
				continue
			}
		default:
			marks = 0
		}
		if space && len(out) > 0 {
			out = append(out, ' ')
		}
		space = false
		out = append(out, r)
	}
	if len(out) > maxText {
		out = append(out[:maxText-1], '…')
	}
	return string(out)
}

// escape gives the length of the escape sequence (ECMA-48) with which s, whose
// first rune is r, begins; 0 if there is none. A string that is never closed
// reaches to the end, as it does in a terminal.
func escape(s string, r rune) int {
	n := utf8.RuneLen(r)
	switch {
	case r == 0x1b && len(s) > 1:
		n, r = 2, rune(s[1])+0x40 // ESC [ is the two-byte form of U+009B, and so on
	case r < 0x80 || r > 0x9f:
		return 0
	}
	switch r {
	case 0x9b: // CSI: parameters, intermediates, one final byte
		for n < len(s) && s[n] >= 0x20 && s[n] < 0x40 {
			n++
		}
		if n < len(s) && s[n] >= 0x40 && s[n] < 0x7f {
			n++
		}
	case 0x9d, 0x90, 0x98, 0x9e, 0x9f: // OSC, DCS, SOS, PM, APC: up to BEL or ST
		for n < len(s) {
			switch {
			case s[n] == '\a':
				return n + 1
			case strings.HasPrefix(s[n:], "\x1b\\"), strings.HasPrefix(s[n:], "\u009c"):
				return n + 2
			}
			n++
		}
	default: // ESC, intermediates, one final byte
		if s[0] != 0x1b {
			return n
		}
		n = 1
		for n < len(s) && s[n] >= 0x20 && s[n] < 0x30 {
			n++
		}
		if n < len(s) && s[n] >= 0x30 && s[n] < 0x7f {
			n++
		}
	}
	return n
}

// blank reports runes that unicode counts as graphic although nothing is
// seen of them (Default_Ignorable_Code_Point, and the empty Braille pattern).
func blank(r rune) bool {
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180f, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return r >= 0x180b && r <= 0x180d || r >= 0xe0100 && r <= 0xe01ef
}

// cleanAll cleans every string that v, a pointer, reaches. It is called at one
// place only, where an answer is decoded, so no screen can forget it.
func cleanAll(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			cleanAll(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return // its fields are its own, and it can only be printed by a layout of ours
		}
		for i := range v.NumField() {
			cleanAll(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			cleanAll(v.Index(i))
		}
	case reflect.String:
		v.SetString(Clean(v.String()))
	default: // numbers and truth values are harmless; wire.go has no maps in answers
	}
}
