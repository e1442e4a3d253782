"""The whole story on generated data: what ``ds_demo`` runs."""
