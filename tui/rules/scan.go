package rules

import "strings"

// The library that reads TOML tells where a file is no TOML, but not where the
// values stand that it has read. scan finds that, in a text that is known to be
// TOML already; its offsets are only ever used to say where a mistake is.

// place is where something begins, in bytes.
type place int

// header is a [table] or [[table]].
type header struct {
	at     place
	name   string // as written, with brackets and without spaces around it
	values []value
}

// value is a key and where its value stands.
type value struct {
	key      string // as written, without spaces around it
	at       place  // of the key
	begins   place  // of the value
	elements []place
}

type scanner struct {
	text string
	i    int
}

// scan gives the tables of text. The first has no header: it is what stands
// before any.
func scan(text string) []header {
	s := &scanner{text: text}
	tables := []header{{}}
	for s.blanks(true); s.i < len(s.text); s.blanks(true) {
		at := s.i
		if s.text[s.i] == '[' {
			s.bracket()
			tables = append(tables, header{at: place(at), name: s.text[at:s.i]})
			continue
		}
		for s.i < len(s.text) && s.text[s.i] != '=' {
			s.token()
		}
		v := value{key: strings.TrimSpace(s.text[at:s.i]), at: place(at)}
		s.i = min(s.i+1, len(s.text)) // the =
		s.blanks(false)
		v.begins = place(s.i)
		if s.i < len(s.text) && s.text[s.i] == '[' {
			v.elements = s.bracket()
		} else {
			for s.i < len(s.text) && s.text[s.i] != '\n' && s.text[s.i] != '#' {
				s.token()
			}
		}
		last := &tables[len(tables)-1]
		last.values = append(last.values, v)
	}
	return tables
}

// blanks goes over white space, and with it, if lines, over line ends and comments.
func (s *scanner) blanks(lines bool) {
	for ; s.i < len(s.text); s.i++ {
		switch c := s.text[s.i]; {
		case c == ' ' || c == '\t' || lines && (c == '\r' || c == '\n'):
		case lines && c == '#':
			s.comment()
			s.i-- // its line end is next
		default:
			return
		}
	}
}

func (s *scanner) comment() {
	if n := strings.IndexByte(s.text[s.i:], '\n'); n >= 0 {
		s.i += n
		return
	}
	s.i = len(s.text)
}

// bracket goes over what stands in brackets and gives where its elements begin.
func (s *scanner) bracket() (elements []place) {
	depth, begun := 0, false
	for s.i < len(s.text) {
		switch c := s.text[s.i]; {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			s.i++
			continue
		case c == '#':
			s.comment()
			continue
		case depth == 1 && c == ',':
			begun = false
			s.i++
			continue
		case depth == 1 && !begun && c != ']':
			elements, begun = append(elements, place(s.i)), true
		}
		switch s.text[s.i] {
		case '[', '{':
			depth++
			s.i++
		case ']', '}':
			depth--
			s.i++
			if depth == 0 {
				return elements
			}
		default:
			s.token()
		}
	}
	return elements
}

// token goes over one string, or one byte of anything else.
func (s *scanner) token() {
	quote := s.text[s.i]
	if quote != '"' && quote != '\'' {
		s.i++
		return
	}
	end := string(quote)
	if long := strings.Repeat(end, 3); strings.HasPrefix(s.text[s.i:], long) {
		end = long
	}
	for s.i += len(end); s.i < len(s.text); s.i++ {
		switch {
		case quote == '"' && s.text[s.i] == '\\':
			s.i++
		case strings.HasPrefix(s.text[s.i:], end):
			s.i += len(end)
			for len(end) == 3 && s.i < len(s.text) && s.text[s.i] == quote {
				s.i++ // up to two quotes may stand before the end
			}
			return
		}
	}
	s.i = min(s.i, len(s.text))
}
