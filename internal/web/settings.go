package web

import (
	"net/http"

	"kofu/internal/fault"
	"kofu/internal/gate"
	"kofu/internal/settings"
	"kofu/internal/staff"
	"kofu/internal/staffweb"
	"kofu/internal/store"
)

func (s *server) settingsRoutes() []gate.Route {
	return []gate.Route{
		{Pattern: "GET /api/settings", Permission: staff.SettingsManage, Handle: s.getSettings, Out: settings.Settings{}},
		{Pattern: "PUT /api/settings", Permission: staff.SettingsManage, Handle: s.putSettings, In: settings.Settings{}, Out: settings.Settings{}},
		{Pattern: "GET /api/connection", Permission: staff.SignedIn, Handle: s.getConnection, Out: Connection{}},
	}
}

func (s *server) getSettings(w http.ResponseWriter, r *http.Request, _ store.Actor) error {
	config, err := s.settings(r)
	if err != nil {
		return err
	}
	return staffweb.OK(w, config)
}

// settings are the settings as they are at the time of the request.
func (s *server) settings(r *http.Request) (config settings.Settings, err error) {
	err = s.DB.Read(r.Context(), func(rx *store.Rx) (err error) {
		config, err = settings.Load(rx)
		return err
	})
	return config, err
}

func (s *server) putSettings(w http.ResponseWriter, r *http.Request, actor store.Actor) error {
	in, err := staffweb.Decode[settings.Settings](r)
	if err != nil {
		return err
	}
	var saved settings.Settings
	err = s.DB.Write(r.Context(), actor, func(tx *store.Tx) (err error) {
		saved, err = settings.Save(tx, in, in.Version)
		return err
	})
	if err != nil {
		return err
	}
	return staffweb.OK(w, saved)
}

func (s *server) getConnection(w http.ResponseWriter, _ *http.Request, _ store.Actor) error {
	if s.Connection == nil {
		return fault.New(fault.NotFound, "web.no_lan")
	}
	c, err := s.Connection()
	if err != nil {
		return err
	}
	c.URLs = staffweb.OrEmpty(c.URLs)
	return staffweb.OK(w, c)
}
