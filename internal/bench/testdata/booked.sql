SELECT 1 / ((SELECT sum(web_taken) FROM slot) = :booked AND (SELECT count(*) FROM member WHERE used_at <> '') = :booked
            AND (SELECT count(*) FROM booking_person) = :booked)::int;
