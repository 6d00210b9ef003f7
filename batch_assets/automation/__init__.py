"""Jobs, schedules and sensors: what runs when. What a run does is in the layers."""
