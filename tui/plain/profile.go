package plain

import (
	"errors"
	"os"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/rules"
)

// profile tells who the person is to apps, and changes it.
func (s *session) profile() error {
	if err := s.know(); err != nil {
		return err
	}
	for {
		s.explain = "profile.help"
		me := s.account.me
		student := "profile.student_no"
		if me.IsStudent {
			student = "profile.student_yes"
		}
		picture := "profile.picture_no"
		switch img, err := s.account.Picture(s.ctx); {
		case err != nil:
			picture = "profile.picture_unknown"
		case img != nil:
			picture = "profile.picture_yes"
		}
		s.say("profile.nickname", me.Nickname)
		s.say(picture)
		s.say(student)
		n, err := s.choose("", []string{s.get("profile.set_nickname"), s.get("profile.set_picture"), s.get("profile.remove_picture")})
		if err != nil {
			return err
		}
		err = []func() error{s.setNickname, s.setPicture, s.removePicture}[n]()
		switch {
		case errors.Is(err, errBack):
			continue
		case err != nil:
			return err
		}
		s.say("profile.saved")
		if err := s.refresh(); err != nil {
			return err
		}
	}
}

func (s *session) setNickname() error {
	name, err := s.text(s.get("profile.ask_nickname"))
	if err != nil {
		return err
	}
	name = client.Clean(name)
	return s.fails("profile.set_nickname", s.account.SetProfile(s.ctx, pairing.Profile{Nickname: &name}))
}

func (s *session) setPicture() error {
	name, err := s.text(s.get("profile.ask_picture"))
	if err != nil {
		return err
	}
	content, err := client.ReadPicture(rules.Path(name))
	if errors.Is(err, os.ErrNotExist) {
		s.say("profile.no_file")
		return errBack
	}
	if err == nil {
		err = s.account.SetPicture(s.ctx, content)
	}
	return s.fails("profile.set_picture", err)
}

func (s *session) removePicture() error {
	if err := s.yes(s.get("profile.ask_remove")); err != nil {
		return err
	}
	return s.fails("profile.remove_picture", s.account.RemovePicture(s.ctx))
}
