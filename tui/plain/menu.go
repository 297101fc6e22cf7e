package plain

// places are what the menu leads to, in its order.
var places = []struct {
	name string // of its text below menu
	open func(s *session) error
}{
	{"scan", (*session).scan},
	{"requests", (*session).requests},
	{"apps", func(s *session) error { return s.list(apps) }},
	{"devices", func(s *session) error { return s.list(devices) }},
	{"passkeys", func(s *session) error { return s.list(passkeys) }},
	{"browsers", func(s *session) error { return s.list(browsers) }},
	{"activity", (*session).activity},
	{"profile", (*session).profile},
	{"accounts", (*session).switchAccount},
	{"more", (*session).more},
	{"notices", (*session).notices},
}

// menu leads to one place.
func (s *session) menu() error {
	s.explain = "menu.help"
	items := make([]string, len(places))
	for i, p := range places {
		items[i] = s.get("menu." + p.name)
		switch p.name {
		case "requests":
			items[i] = s.get("menu.count", items[i], s.requestCount())
		case "notices":
			items[i] = s.get("menu.count", items[i], len(s.account.me.Notices))
		}
	}
	n, err := s.choose(s.get("menu.title"), items)
	if err != nil {
		return err
	}
	s.explain = ""
	return places[n].open(s)
}
