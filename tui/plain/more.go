package plain

import (
	"errors"
	"io/fs"

	"hamconnect/qr/pairing"
	"hamconnect/tui/internal/rules"
	"hamconnect/tui/internal/texts"
)

// more is what one seldom does.
func (s *session) more() error {
	if err := s.know(); err != nil {
		return err
	}
	if leaves := s.account.me.Leaves; leaves != nil {
		s.say("more.leaving", s.moment(*leaves))
	}
	for {
		s.explain = "more.help"
		me := s.account.me
		language := "language.auto"
		if s.texts.Has("language." + me.Language) {
			language = "language." + me.Language
		}
		asked := "more.asked_off"
		if me.MayBeAsked {
			asked = "more.asked_on"
		}
		acts := []func() error{s.setLanguage, s.mayBeAsked, s.export, s.deactivate}
		leave := "more.deactivate"
		if me.Leaves != nil {
			leave, acts[3] = "more.keep", s.keep
		}
		n, err := s.choose(s.get("menu.more"), []string{
			s.get("more.language", s.get(language)), s.get(asked), s.get("more.export"), s.get(leave),
		})
		if err == nil {
			if err = acts[n](); errors.Is(err, errBack) {
				continue
			}
		}
		if err == nil {
			err = s.refresh()
		}
		if err != nil {
			return err
		}
	}
}

func (s *session) setLanguage() error {
	codes := append([]string{""}, texts.Languages...)
	names := []string{s.get("language.auto")}
	for _, code := range texts.Languages {
		names = append(names, s.get("language."+code))
	}
	n, err := s.choose(s.get("language.title"), names)
	if err != nil {
		return err
	}
	if err := s.account.SetProfile(s.ctx, pairing.Profile{Language: &codes[n]}); err != nil {
		return s.fails("language.title", err)
	}
	if err := s.refresh(); err != nil {
		return err
	}
	s.say("profile.saved")
	return nil
}

// mayBeAsked turns the requests of browsers on or off.
func (s *session) mayBeAsked() error {
	allow := !s.account.me.MayBeAsked
	done, question := "more.asked_on", "more.ask_on"
	if !allow {
		done, question = "more.asked_off", "more.ask_off"
	}
	if err := s.yes(s.get(question)); err != nil {
		return err
	}
	if err := s.account.AllowRequests(s.ctx, allow); err != nil {
		return s.fails("more.asking", err)
	}
	s.say(done)
	return nil
}

// export writes everything that is kept about the person into a file.
func (s *session) export() error {
	const usual = "ham-account.json"
	name, err := s.ask(func() string { return s.get("more.ask_file", usual) })
	if err != nil {
		return err
	}
	if name = rules.Path(name); name == "" {
		name = usual
	}
	s.say("list.loading")
	all, err := s.account.Export(s.ctx)
	if err == nil {
		err = rules.WriteNew(name, all)
	}
	if errors.Is(err, fs.ErrExist) {
		s.say("more.file_exists", name)
		return nil
	}
	if err != nil {
		return s.fails("more.export", err)
	}
	s.say("more.exported", name)
	return nil
}

// deactivate wants the nickname typed: nobody does this by mistake.
func (s *session) deactivate() error {
	s.say("more.consequences")
	name, err := s.text(s.get("more.ask_nickname", s.account.me.Nickname))
	if err != nil {
		return err
	}
	if name != s.account.me.Nickname {
		s.say("more.mismatch")
		return nil
	}
	leaves, err := s.account.Deactivate(s.ctx)
	if err != nil {
		return s.fails("more.deactivate", err)
	}
	s.say("more.deactivated", s.moment(leaves))
	return nil
}

// keep keeps an account that was deactivated.
func (s *session) keep() error {
	if err := s.account.Keep(s.ctx); err != nil {
		return s.fails("more.keep", err)
	}
	s.say("more.kept")
	return nil
}
