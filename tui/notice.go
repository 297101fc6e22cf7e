package tui

import (
	"strings"

	"hamconnect/qr/pairing"
)

// shown is the oldest of the notices: one that comes in while the person reads
// stands behind it, and the key that marks it as seen never hits another.
func (h *home) shown() pairing.Notice { return h.app.notices[len(h.app.notices)-1] }

// noticeLines tells the notice that is shown, in full, in short, and in a
// single line. Its title and browser are texts of others, who may try to push
// what to do out of sight: each has its share of the lines.
func (h *home) noticeLines(width int) (full, short, line []string) {
	s, t, n := h.app.styles, h.app.texts, h.shown()
	count := ""
	if all := len(h.app.notices); all > 1 {
		count = "  " + t.get("notice.count", all)
	}
	head := func(most int) []string {
		lines := atMost(most, n.Title, width-2-cells(count))
		for i, text := range lines {
			lines[i] = s.warn.Render(mark("!", i) + " " + text)
			if i == 0 {
				lines[i] += repeat(" ", width-2-cells(text)-cells(count)) + s.muted.Render(count)
			}
		}
		return lines
	}
	under := func(most int, text string) (lines []string) {
		for _, line := range atMost(most, text, width-2) {
			lines = append(lines, "  "+line)
		}
		return lines
	}
	when := strings.TrimSpace(t.date(n.At.In(h.app.now().Location())) + " " + origin(t, n))
	todo := advice(t, n.Kind, h.app.account.page)
	key := s.key.Render("  f2") + " " + t.get("notice.seen")
	if h.seeing == n.ID {
		key = s.muted.Render("  " + t.get("notice.seeing"))
	}
	line = head(1)
	short = append(append(head(1), under(1, when)...), under(4, todo)...)
	full = append(append(head(2), under(3, when)...), under(6, todo)...)
	return append(full, key), append(short, key), line
}

// advice is what to do about something of this kind that was somebody else's.
func advice(t texts, kind, page string) string {
	switch kind {
	case pairing.NoticeDevice:
		return t.get("activity.notice_device_added")
	case pairing.NoticeLeaving:
		return t.get("activity.notice_leaving", page)
	}
	return t.get("activity.notice", page)
}

// origin says where what a notice is about was done; empty if that is not known.
func origin(t texts, n pairing.Notice) string {
	switch {
	case n.Browser == "" && n.Address == "":
		return ""
	case n.Browser == "":
		return t.get("notice.from", n.Address)
	case n.Address == "":
		return t.get("notice.by", n.Browser)
	}
	return t.get("notice.by_at", n.Browser, n.Address)
}

// atMost is wrap in at most most lines; what is left out is told by dots.
func atMost(most int, text string, width int) []string {
	lines := wrap(text, width)
	if len(lines) > most {
		lines = append(lines[:most-1:most-1], fit(unwrap(lines[most-1:]), width))
	}
	return lines
}
