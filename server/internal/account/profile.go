package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"hamconnect/server/internal/activity"
	"hamconnect/server/internal/oauth"
	"hamconnect/server/internal/picture"
	"hamconnect/server/internal/store"
)

// avatarSide is the width and height of an uploaded picture, in pixels.
const avatarSide = 512

// changeProfile stores nickname and language.
func (a *Account) changeProfile(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	nickname, language := r.PostForm.Get("nickname"), r.PostForm.Get("language")
	if oauth.ValidName(nickname) != nil {
		return ErrName
	}
	if language != "" && !a.Pages.Speaks(language) {
		return ErrForm
	}
	if nickname == v.User.Nickname && language == v.User.Language {
		return nil
	}
	_, err := a.DB.UpdateUser(r.Context(), v.User.ID, func(u *oauth.User) error {
		u.Nickname, u.Language = nickname, language
		return nil
	})
	if err != nil {
		return err
	}
	return a.DB.Note(r.Context(), activity.Event{UserID: v.User.ID, Kind: activity.Profile})
}

// UploadPicture answers POST /account/picture: a form with a picture, of which
// nothing is kept but its pixels, 512 by 512 of them.
func (a *Account) UploadPicture(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if err != nil {
		return err
	}
	// Before anything of the file is read.
	release, ok := a.Uploads.Take(v.User.ID)
	if !ok || !a.Changes.Allow(v.User.ID) {
		if ok {
			release()
		}
		return ErrTooMany
	}
	defer release()
	if err := r.ParseMultipartForm(1 << 20); err != nil { //nolint:gosec // the route bounds the body
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return ErrPicture
		}
		return ErrForm
	}
	defer r.MultipartForm.RemoveAll() //nolint:errcheck // the system's temporary folder is swept
	if !a.isForm(v.Session, r.PostFormValue("form")) {
		return ErrForm
	}
	if !v.User.Leaves.IsZero() {
		return back(w, r, "")
	}
	file, _, err := r.FormFile("picture")
	if err != nil {
		return ErrPicture
	}
	defer file.Close()
	bytes, err := io.ReadAll(file)
	if err != nil {
		return fmt.Errorf("reading an upload: %w", err)
	}
	png, err := a.Pictures.Square(r.Context(), bytes, avatarSide)
	if err != nil {
		a.Log.InfoContext(r.Context(), "an uploaded picture was refused", "error", err)
		return ErrPicture
	}
	avatar := store.Avatar{ID: rand.Text(), PNG: png}
	if err := a.DB.SetAvatar(r.Context(), v.User.ID, avatar, a.avatarURL(avatar.ID)); err != nil {
		return err
	}
	return back(w, r, "profile")
}

func (a *Account) avatarURL(id string) string { return a.PublicURL + "/avatars/" + id }

// removePicture leaves the person without one.
func (a *Account) removePicture(_ http.ResponseWriter, r *http.Request, v Visitor) error {
	_, err := a.DB.UpdateUser(r.Context(), v.User.ID, func(u *oauth.User) error {
		u.AvatarURL = ""
		return nil
	})
	if err != nil {
		return err
	}
	return a.DB.Note(r.Context(), activity.Event{UserID: v.User.ID, Kind: activity.Profile})
}

// OwnPicture gives an uploaded picture by its address, for picture.Config.
func (a *Account) OwnPicture(ctx context.Context, address string) (png []byte, own bool, err error) {
	id, own := strings.CutPrefix(address, a.avatarURL(""))
	if !own {
		return nil, false, nil
	}
	png, err = a.DB.Avatar(ctx, id)
	return png, true, err
}

// Avatar answers GET /avatars/{id}, for the apps that were given the address.
func (a *Account) Avatar(w http.ResponseWriter, r *http.Request) error {
	png, err := a.DB.Avatar(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	picture.Serve(w, png, true)
	return nil
}

// Picture answers GET /account/picture: that of who is signed in.
func (a *Account) Picture(w http.ResponseWriter, r *http.Request) error {
	v, err := a.Visitor(w, r)
	if err != nil {
		return err
	}
	if v.User.AvatarURL == "" {
		return store.ErrNotFound
	}
	png, err := a.Pictures.Get(r.Context(), v.User.AvatarURL)
	if err != nil {
		a.Log.InfoContext(r.Context(), "a picture could not be fetched", "error", err)
		return store.ErrNotFound
	}
	picture.Serve(w, png, false)
	return nil
}
