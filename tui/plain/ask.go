package plain

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"hamconnect/tui/internal/rules"
	"hamconnect/tui/internal/wrapping"
)

var (
	errBack  = errors.New("back")  // b
	errLeave = errors.New("leave") // q, the end of the input, Ctrl-C
)

// say writes the text for key as a line of its own.
func (s *session) say(key string, args ...any) { s.sayAll(s.get(key, args...)) }

// sayAll writes texts as a line each; empty ones are none.
func (s *session) sayAll(texts ...string) {
	for _, text := range texts {
		if text == "" {
			continue
		}
		s.endLine()
		s.write(s.wrap(text))
		s.write("\n")
	}
}

// put writes a question, which the answer stands behind. Full-width punctuation
// brings its blank along.
func (s *session) put(question string) {
	question = s.wrap(question)
	if last, _ := utf8.DecodeLastRuneInString(question); !wrapping.IsWide(last) {
		question += " "
	}
	s.write(question)
	s.open = true
}

// wrap breaks lines between words, where the terminal would break them anywhere.
func (s *session) wrap(text string) string {
	if s.width == nil || s.width() <= 0 {
		return text
	}
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrapping.Line(line, s.width(), wrapping.Stays)...)
	}
	return strings.Join(lines, "\n")
}

func (s *session) endLine() {
	if s.open {
		s.open = false
		s.write("\n")
	}
}

// write is the only way out. Texts from outside have passed client.Clean; what
// a terminal would obey goes through here in no case.
func (s *session) write(text string) {
	if s.failed != nil {
		return
	}
	_, s.failed = io.WriteString(s.out, strings.Map(func(r rune) rune {
		if r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return -1
		}
		return r
	}, text))
}

// ask puts a question, as often as it is interrupted, and gives the answer,
// which may be empty.
func (s *session) ask(question func() string) (string, error) {
	typed, err := s.answer(question)
	return typed.text, err
}

// answer is ask with the line as it was typed.
func (s *session) answer(question func() string) (line, error) {
	for {
		if err := s.catchUp(); err != nil {
			return line{}, err
		}
		if !s.open {
			s.put(question())
		}
		typed, err := s.wait()
		switch {
		case err != nil:
			return line{}, err
		case typed == nil:
			continue
		}
		switch short(typed.text) {
		case "b":
			return line{}, errBack
		case "q":
			return line{}, errLeave
		}
		return *typed, nil
	}
}

// catchUp tells what has happened meanwhile.
func (s *session) catchUp() error {
	for {
		select {
		case e := <-s.events:
			if err := e(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// wait gives the next line that is an answer, or nil when the question has to
// be put again, for then something was told below it.
func (s *session) wait() (*line, error) {
	if s.failed != nil {
		return nil, errLeave
	}
	idle, stop := s.idle()
	defer stop()
	select {
	case <-s.ctx.Done():
		return nil, errLeave
	case <-idle:
		return nil, s.lock()
	case e := <-s.events:
		return nil, e()
	case l, ok := <-s.lines:
		if !ok {
			return nil, errLeave
		}
		if idle != nil && rules.Away(s.now(), s.typed) >= idleFor { // the machine has slept
			return nil, s.lock()
		}
		s.typed = s.now()
		if s.noEcho {
			s.endLine()
		}
		s.open = false // the Enter ended the line
		switch {
		case l.long:
			s.say("ask.long")
		case short(l.text) == "?":
			s.say("ask.help")
			if s.explain != "" {
				s.say(s.explain)
			}
		default:
			return &l, nil
		}
		return nil, nil
	}
}

// choose has one of items chosen by its number, and gives its place.
func (s *session) choose(title string, items []string) (int, error) {
	return s.chooseOr("", title, items)
}

// chooseOr lets a letter stand for the last of items, too.
func (s *session) chooseOr(last, title string, items []string) (int, error) {
	list := func() {
		s.sayAll(title)
		for i, item := range items {
			s.sayAll(strconv.Itoa(i+1) + ". " + item)
		}
	}
	if err := s.catchUp(); err != nil { // not between the list and its question
		return 0, err
	}
	for list(); ; {
		text, err := s.ask(func() string { return s.get("ask.choose", len(items)) })
		if err != nil {
			return 0, err
		}
		n, err := strconv.Atoi(strings.TrimSuffix(short(text), "."))
		switch {
		case text == "":
			list()
		case short(text) == last:
			return len(items) - 1, nil
		case err != nil || n < 1 || n > len(items):
			s.say("ask.none", len(items))
		default:
			return n - 1, nil
		}
	}
}

// text has a text typed, which is not empty. One in quotes may also be a
// single b, q or question mark.
func (s *session) text(question string) (string, error) {
	for {
		text, err := s.ask(func() string { return question })
		if err != nil || text != "" {
			if n := len(text); n > 2 && text[0] == '"' && text[n-1] == '"' {
				text = text[1 : n-1]
			}
			return text, err
		}
	}
}

// yes asks for a yes or a no, in words; an empty line is neither. No is errBack.
func (s *session) yes(question string) error {
	for {
		text, err := s.ask(func() string { return sentences(question, s.get("ask.yes_no")) })
		if err != nil {
			return err
		}
		switch text = short(text); {
		case text == "":
		case text == "y", text == "yes", text == short(s.get("ask.yes")):
			return nil
		case text == "n", text == "no", text == short(s.get("ask.no")):
			s.say("ask.left")
			return errBack
		default:
			s.say("ask.words")
		}
	}
}
